	// A time as SYS_futex reads it: on a 32-bit processor in two words of 32 bits, and so at most 2^31-1 seconds.
	struct __futex_time
	{
#if defined(SYS_futex_time64) && SYS_futex_time64 != SYS_futex
	  long _M_sec, _M_nsec;

	  __futex_time(const struct timespec& __t)
	  : _M_sec(__t.tv_sec > 0x7fffffff ? 0x7fffffff : __t.tv_sec), _M_nsec(__t.tv_nsec) { }

	  const void* _M_get() const { return this; }
#else
	  const struct timespec& _M_t;

	  __futex_time(const struct timespec& __t) : _M_t(__t) { }

	  const void* _M_get() const { return &_M_t; }
#endif
	};
