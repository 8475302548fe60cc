! What a program in C calls: with Fortran's own library in use.
function described(number, text, length) bind(c) result(used)
  use, intrinsic :: iso_c_binding
  implicit none
  integer(c_int), value :: number, length
  character(kind=c_char), intent(out) :: text(length)
  integer(c_int) :: used
  character(len=32) :: line
  integer :: at
  write (line, '(a,i0,a)') 'number ', number, ' by Fortran'
  used = len_trim(line)
  do at = 1, min(used, length)
    text(at) = line(at:at)
  end do
end function described
