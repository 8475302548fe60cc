/* Position-independent code of i686 and 32-bit PowerPC calls this function when a stack protector finds an overwritten
   stack. It has to be in the same program or shared object, and musl's shared library has none to link with. */
extern void __stack_chk_fail(void) __attribute__((noreturn));

__attribute__((noreturn, visibility("hidden"))) void __stack_chk_fail_local(void)
{
    __stack_chk_fail();
}
