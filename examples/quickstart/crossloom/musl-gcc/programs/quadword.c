/* Whether a conditional store of 16 bytes on 64-bit PowerPC can succeed where this runs. */
int main(void)
{
    unsigned __int128 place __attribute__((aligned(16))) = 0;
    unsigned status = 0;

    for (int tries = 0; tries < 1000 && !(status >> 29 & 1); ++tries) {
        /* The condition register's bit of equality says that it did. */
        __asm__ volatile("lqarx 8,0,%2\n\tstqcx. 8,0,%2\n\tmfcr %1"
                         : "+m"(place), "=r"(status) : "r"(&place) : "r8", "r9", "cr0");
    }
    return !(status >> 29 & 1);
}
