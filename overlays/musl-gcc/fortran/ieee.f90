! The modules for IEEE arithmetic.
program ieee
  use, intrinsic :: ieee_arithmetic
  implicit none
  real, volatile :: zero, answer
  logical :: divided
  zero = 0.0
  call ieee_set_flag(ieee_divide_by_zero, .false.)
  answer = 1.0 / zero
  call ieee_get_flag(ieee_divide_by_zero, divided)
  print '(a,l1,a,l1)', 'ieee ', divided, ' ', ieee_is_finite(answer)
  call ieee_set_flag(ieee_divide_by_zero, .false.)
end program ieee
