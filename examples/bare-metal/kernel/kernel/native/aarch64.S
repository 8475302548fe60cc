// The upper half of a product.
    .text
    .global multiply_high
multiply_high:
    umulh x0, x0, x1
    ret
