# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
cd sqlite3 || exit
# What Node.js' own build of it has.
extensions=(
  COLUMN_METADATA DBSTAT_VTAB FTS3 FTS3_PARENTHESIS FTS5 GEOPOLY MATH_FUNCTIONS PERCENTILE PREUPDATE_HOOK RBU RTREE SESSION
)
flags+=("${extensions[@]/#/-DSQLITE_ENABLE_}" -DSQLITE_DEFAULT_MEMSTATUS=0)
library sqlite3 sqlite3.c
cp sqlite3.h sqlite3ext.h "$include/"
