! The widest real numbers with at least 33 digits, where there are any.
program wide
  implicit none
  integer, parameter :: long = max(selected_real_kind(33), selected_real_kind(15))
  real(long) :: two
  character(len=40) :: text
  two = real(2, long)
  write (text, '(f40.32)') sqrt(two)
  print '(a,i0,a,a)', 'wide ', precision(two), ' ', trim(adjustl(text))
end program wide
