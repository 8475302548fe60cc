/* The head of the kernel's message buffer. */
#ifndef CROSSLOOM_SYS_MSGBUF_H
#define CROSSLOOM_SYS_MSGBUF_H

#define MSG_MAGIC 0x063061
#define MSG_BSIZE 4096

struct msgbuf {
	int msg_magic;
	int msg_size;
	int msg_bufx;
	int msg_bufr;
	char *msg_bufc;
};

#endif
