! OpenMP by its module.
program parallel
  use omp_lib
  implicit none
  integer :: number, total, threads
  total = 0
  threads = 0
  call omp_set_num_threads(3)
  !$omp parallel reduction(+:total)
  !$omp do
  do number = 1, 100
    total = total + number
  end do
  !$omp end do
  !$omp single
  threads = omp_get_num_threads()
  !$omp end single
  !$omp end parallel
  print '(a,i0,a,i0,a)', 'parallel ', total, ' with ', threads, ' threads'
end program parallel
