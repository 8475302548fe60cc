/* CVE-2025-26519 and CVE-2026-6042: an invalid sequence of EUC-KR is an error, and GB18030 gives the right characters. */
#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <string.h>

static int converts(const char *from, const char *input, const char *expected)
{
    char text[16], *in = (char *)input, *out = text;
    size_t left = strlen(input), room = sizeof text - 1;
    iconv_t conversion = iconv_open("UTF-8", from);
    if (conversion == (iconv_t)-1)
        return 0;
    size_t result = iconv(conversion, &in, &left, &out, &room);
    int error = errno;
    iconv_close(conversion);
    *out = 0;
    return expected ? result != (size_t)-1 && !strcmp(text, expected) : result == (size_t)-1 && error == EILSEQ;
}

int main(void)
{
    if (!converts("EUC-KR", "\xc8\x41", NULL) || !converts("EUC-KR", "\xb0\xa1", "\xea\xb0\x80"))
        return puts("EUC-KR is wrong"), 1;
    if (!converts("GB18030", "\x94\x39\xfc\x36", "\xf0\x9f\x98\x80") || !converts("GB18030", "\x84\x31\xa4\x37", "\xef\xbf\xbd"))
        return puts("GB18030 is wrong"), 1;
    puts("iconv is right");
    return 0;
}
