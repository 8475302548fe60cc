/* A module of two files: greets whom its parameter names. */
#include <linux/module.h>

#include "words.h"

static char *whom = "world";
module_param(whom, charp, 0444);
MODULE_PARM_DESC(whom, "whom to greet");

static int __init greeting_init(void)
{
    pr_info("greeting: %s, %s\n", greeting_word(), whom);
    return 0;
}

static void __exit greeting_exit(void)
{
    pr_info("greeting: goodbye, %s\n", whom);
}

module_init(greeting_init);
module_exit(greeting_exit);
MODULE_DESCRIPTION("Greets");
MODULE_LICENSE("Dual MIT/GPL");
