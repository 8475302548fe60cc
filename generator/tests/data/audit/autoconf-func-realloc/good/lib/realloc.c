/* The replacement for systems that need one. */
void *rpl_realloc();
