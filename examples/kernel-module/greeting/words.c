#include "words.h"

const char *greeting_word(void)
{
    return "hello";
}
