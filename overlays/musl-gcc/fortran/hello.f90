! Modules, allocatable arrays, formatted numbers, a file, and a C function.
module shapes
  use, intrinsic :: iso_c_binding
  implicit none
  type :: square
    real(c_double) :: side
  contains
    procedure :: area
  end type square
  interface
    function c_strlen(text) bind(c, name='strlen')
      import :: c_char, c_size_t
      character(kind=c_char), intent(in) :: text(*)
      integer(c_size_t) :: c_strlen
    end function c_strlen
  end interface
contains
  pure function area(this)
    class(square), intent(in) :: this
    real(c_double) :: area
    area = this%side**2
  end function area
end module shapes

program hello
  use, intrinsic :: iso_c_binding
  use, intrinsic :: iso_fortran_env, only: output_unit
  use shapes
  implicit none
  type(square) :: one = square(1.5_c_double)
  integer, allocatable :: numbers(:)
  real(c_double) :: matrix(2, 2)
  integer :: unit, number, status
  character(len=20) :: line

  allocate (numbers(5))
  numbers = [(number**2, number = 1, 5)]
  matrix = reshape([1.0_c_double, 2.0_c_double, 3.0_c_double, 4.0_c_double], [2, 2])
  open (newunit=unit, status='scratch', form='formatted', action='readwrite')
  write (unit, '(a,i0)') 'sum ', sum(numbers)
  rewind (unit)
  read (unit, '(a)', iostat=status) line
  close (unit)
  write (output_unit, '(a,f5.2,a,f5.1,a,a,a,i0)') 'hello from Fortran,', one%area(), ',', &
    sum(matmul(matrix, matrix)), ', ', trim(line), ', ', c_strlen('musl'//c_null_char)
  if (status /= 0) error stop 'the file cannot be read'
end program hello
