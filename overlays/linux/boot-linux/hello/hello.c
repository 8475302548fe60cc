/* A module built out of the kernel's tree: says that it came and went, and shows a number. */
#include <linux/init.h>
#include <linux/module.h>

static int answer = 42;
module_param(answer, int, 0444);

static int __init hello_init(void)
{
    pr_info("hello: loaded, answer %d\n", answer);
    return 0;
}

static void __exit hello_exit(void)
{
    pr_info("hello: removed\n");
}

module_init(hello_init);
module_exit(hello_exit);
MODULE_DESCRIPTION("A module that says hello");
MODULE_LICENSE("Dual MIT/GPL");
