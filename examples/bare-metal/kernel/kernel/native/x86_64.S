# The upper half of a product.
    .text
    .global multiply_high
multiply_high:
    movq %rdi, %rax
    mulq %rsi
    movq %rdx, %rax
    ret
