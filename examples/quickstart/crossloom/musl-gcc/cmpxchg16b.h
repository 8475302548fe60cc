#elif defined (__x86_64__)
/* Without functions that the loader chooses: all processors have cmpxchg16b, except AMD's first ones.  */
# undef HAVE_ATOMIC_CAS_16
# define HAVE_ATOMIC_CAS_16 1
# undef MAYBE_HAVE_ATOMIC_CAS_16
# define MAYBE_HAVE_ATOMIC_CAS_16 1
# undef MAYBE_HAVE_ATOMIC_EXCHANGE_16
# define MAYBE_HAVE_ATOMIC_EXCHANGE_16 1
# undef MAYBE_HAVE_ATOMIC_LDST_16
# define MAYBE_HAVE_ATOMIC_LDST_16 1
/* A load is a compare-and-swap, and not fast.  */
# undef FAST_ATOMIC_LDST_16
# define FAST_ATOMIC_LDST_16 0

# if N == 16
static inline bool
compare_and_swap_16 (UTYPE *place, UTYPE *expected, UTYPE wanted)
{
  UTYPE seen = __sync_val_compare_and_swap_16 (place, *expected, wanted);

  /* Another thread may read what was expected: it changes on failure alone.  */
  if (seen != *expected)
    return *expected = seen, false;
  return true;
}
#  define atomic_compare_exchange_n(place, expected, wanted, weak, success, failure) \
  compare_and_swap_16 (place, expected, wanted)
# endif
