/* The Berkeley packet filter's control interface: see bpf(4). */
#ifndef CROSSLOOM_NET_BPF_H
#define CROSSLOOM_NET_BPF_H

#include <stdint.h>
#include <sys/ioccom.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <net/if.h>

struct bpf_insn {
	u_short code;
	u_char jt;
	u_char jf;
	uint32_t k;
};

struct bpf_program {
	u_int bf_len;
	struct bpf_insn *bf_insns;
};

struct bpf_stat {
	u_int bs_recv;
	u_int bs_drop;
};

struct bpf_version {
	u_short bv_major;
	u_short bv_minor;
};

/* A list of data link types; the union keeps it 64 bits wide for programs of either width. */
struct bpf_dltlist {
	uint32_t bfl_len;
	union {
		uint32_t *bflu_list;
		uint64_t bflu_pad;
	} bfl_u;
};
#define bfl_list bfl_u.bflu_list

#define BPF_MAJOR_VERSION 1
#define BPF_MINOR_VERSION 1

#define BIOCGBLEN _IOR('B', 102, u_int)
#define BIOCSBLEN _IOWR('B', 102, u_int)
#define BIOCSETF _IOW('B', 103, struct bpf_program)
#define BIOCFLUSH _IO('B', 104)
#define BIOCPROMISC _IO('B', 105)
#define BIOCGDLT _IOR('B', 106, u_int)
#define BIOCGETIF _IOR('B', 107, struct ifreq)
#define BIOCSETIF _IOW('B', 108, struct ifreq)
#define BIOCSRTIMEOUT _IOW('B', 109, struct timeval)
#define BIOCGRTIMEOUT _IOR('B', 110, struct timeval)
#define BIOCGSTATS _IOR('B', 111, struct bpf_stat)
#define BIOCIMMEDIATE _IOW('B', 112, u_int)
#define BIOCVERSION _IOR('B', 113, struct bpf_version)
#define BIOCGRSIG _IOR('B', 114, u_int)
#define BIOCSRSIG _IOW('B', 115, u_int)
#define BIOCGHDRCMPLT _IOR('B', 116, u_int)
#define BIOCSHDRCMPLT _IOW('B', 117, u_int)
#define BIOCGSEESENT _IOR('B', 118, u_int)
#define BIOCSSEESENT _IOW('B', 119, u_int)
#define BIOCSDLT _IOW('B', 120, u_int)
#define BIOCGDLTLIST _IOWR('B', 121, struct bpf_dltlist)

#endif
