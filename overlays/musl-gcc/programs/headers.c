// Headers of the kernel beside those of the C library that declare the same, in either order.
#ifdef KERNEL_LAST
#include <net/if.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/sysinfo.h>
#endif
#include <linux/if.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/kernel.h>
#include <linux/prctl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/sysinfo.h>

struct sysinfo memory;
struct ifreq request;
struct sockaddr_in6 address;
struct prctl_mm_map map;
