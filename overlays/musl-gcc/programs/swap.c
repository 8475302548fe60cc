/* Atomic operations of each size: what they say of themselves, and what they do. */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Whether each operation on an object of the type says and does what it should. The function beside it returns right after an
   operation, and nobody asks what that says. */
#define WORKS(name, type)                                                                                              \
    static __attribute__((noinline)) void name##_last(_Atomic type *object, type wanted, type given)                   \
    {                                                                                                                  \
        atomic_compare_exchange_strong(object, &wanted, given);                                                        \
    }                                                                                                                  \
                                                                                                                       \
    static bool name(_Atomic type *object)                                                                             \
    {                                                                                                                  \
        type wanted = 5, top = (type)1 << (8 * sizeof(type) - 1);                                                      \
        atomic_store(object, 5);                                                                                       \
        bool works = atomic_compare_exchange_strong(object, &wanted, 7) && wanted == 5 && atomic_load(object) == 7;    \
        works &= !atomic_compare_exchange_strong(object, &wanted, 9) && wanted == 7 && atomic_load(object) == 7;       \
        name##_last(object, 7, top);                                                                                   \
        works &= atomic_load(object) == top;                                                                           \
        wanted = 0;                                                                                                    \
        works &= !atomic_compare_exchange_strong(object, &wanted, 9) && wanted == top && atomic_load(object) == top;   \
        works &= atomic_exchange(object, 0) == top && atomic_exchange(object, 0) == 0;                                 \
        works &= !atomic_compare_exchange_strong(object, &wanted, 9) && wanted == 0 && atomic_exchange(object, 3) == 0; \
        works &= atomic_fetch_add(object, 4) == 3 && atomic_fetch_xor(object, 5) == 7 && atomic_load(object) == 2;     \
        return works;                                                                                                  \
    }

WORKS(works1, uint8_t)
WORKS(works2, uint16_t)
WORKS(works4, uint32_t)
WORKS(works8, uint64_t)

int main(void)
{
    /* Neighbours stay as they are. */
    static struct {
        _Atomic uint8_t before, one, after;
        _Atomic uint16_t two, beside;
        _Atomic uint32_t four;
        _Atomic uint64_t eight;
    } all = {.before = 201, .after = 202, .beside = 40000};
    static _Alignas(4) atomic_flag flags[4];
    bool flagged = true;
    for (int i = 0; i < 4; i++) {
        flagged &= !atomic_flag_test_and_set(&flags[i]) && atomic_flag_test_and_set(&flags[i]);
        for (int j = 0; j < 4; j++)
            flagged &= (((const unsigned char *)flags)[j] != 0) == (j <= i);
        atomic_flag_clear(&flags[i]);
        flagged &= !atomic_flag_test_and_set(&flags[i]);
    }
    if (flagged && works1(&all.one) && works2(&all.two) && works4(&all.four) && works8(&all.eight) && all.before == 201 &&
        all.after == 202 && all.beside == 40000)
        puts("swaps of 1, 2, 4 and 8 bytes");
    return 0;
}
