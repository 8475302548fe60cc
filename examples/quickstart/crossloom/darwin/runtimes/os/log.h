/* Apple's os/log.h, which the open SDK lacks, as far as compiler-rt calls it: reports go to standard error and through
   asl_log, and not a second time into the system's log. */
#pragma once
#define OS_LOG_DEFAULT 0
#define os_log_error(log, ...) ((void)(log))
