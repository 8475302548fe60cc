#ifndef TALLY_H
#define TALLY_H

#ifdef __cplusplus
extern "C" {
#endif

/* The sum of the numbers from 1 to `last`. */
long tally(int last);

#ifdef __cplusplus
}
#endif

#endif
