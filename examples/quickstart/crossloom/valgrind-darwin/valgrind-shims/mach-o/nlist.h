/* Included by what reads load commands; no symbol is read. */
