/* The four Mach routines that Valgrind's core calls, for builds without a Mach Interface Generator: each sends one
 * message to the kernel and reads the reply. Numbers and layouts are those of Darwin's mach_vm.defs (subsystem 4800),
 * task.defs (3400) and thread_act.defs (3600).
 *
 * Everything else that Valgrind asks of the kernel are traps and system calls, which need no messages. */

#include <mach/mach.h>
#include <mach/mach_vm.h>
#include <mach/mig_errors.h>
#include <mach/ndr.h>

/* Messages are laid out with gaps for 4-byte alignment alone. */
#pragma pack(push, 4)

/* What every reply without ports begins with; with it alone the kernel reports a failure. */
struct reply {
	mach_msg_header_t head;
	NDR_record_t ndr;
	kern_return_t result;
};

#pragma pack(pop)

/* The kernel answers with the request's number and this. */
#define REPLY_OFFSET 100

/* A reply that carries ports holds its results instead of a return code. */
enum { SIMPLE = 0, COMPLEX = 1 };

/* Sends `request`, and receives into the same place.
 *   size      of the request, bytes
 *   capacity  of the place: reply and trailer, bytes
 *   expected  size of a reply that carries results, bytes; smaller ones are allowed down to `least`
 * Returns what the kernel's routine returned, or why there was no reply to read. */
static kern_return_t call(mach_msg_header_t *request, mach_port_t port, int id, unsigned bits, mach_msg_size_t size,
    mach_msg_size_t capacity, int kind, mach_msg_size_t least, mach_msg_size_t expected)
{
	request->msgh_bits = bits | MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE);
	request->msgh_size = size;
	request->msgh_remote_port = port;
	request->msgh_local_port = mig_get_reply_port();
	request->msgh_voucher_port = MACH_PORT_NULL;
	request->msgh_id = id;

	mach_msg_return_t sent = mach_msg(request, MACH_SEND_MSG | MACH_RCV_MSG, size, capacity, request->msgh_local_port,
	    MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
	if (sent != MACH_MSG_SUCCESS) {
		mig_dealloc_reply_port(request->msgh_local_port);
		return sent;
	}
	mig_put_reply_port(request->msgh_local_port);

	if (request->msgh_id != id + REPLY_OFFSET)
		return request->msgh_id == MACH_NOTIFY_SEND_ONCE ? MIG_SERVER_DIED : MIG_REPLY_MISMATCH;
	int complex = (request->msgh_bits & MACH_MSGH_BITS_COMPLEX) != 0;
	if (!complex && request->msgh_size == sizeof(struct reply)) {
		kern_return_t result = ((struct reply *)request)->result;
		/* Success without the results that come with it is no answer. */
		if (result != KERN_SUCCESS || expected == sizeof(struct reply))
			return result;
		return MIG_TYPE_ERROR;
	}
	if (complex != kind || request->msgh_size < least || request->msgh_size > expected)
		return MIG_TYPE_ERROR;
	return kind == COMPLEX ? KERN_SUCCESS : ((struct reply *)request)->result;
}

/* Words of information that the interface has room for. */
#define REGION_INFO_WORDS 19

kern_return_t mach_vm_region_recurse(vm_map_t target, mach_vm_address_t *address, mach_vm_size_t *size,
    natural_t *nesting_depth, vm_region_recurse_info_t info, mach_msg_type_number_t *info_count)
{
#pragma pack(push, 4)
	union {
		struct {
			mach_msg_header_t head;
			NDR_record_t ndr;
			mach_vm_address_t address;
			natural_t nesting_depth;
			mach_msg_type_number_t info_count;
		} in;
		struct {
			mach_msg_header_t head;
			NDR_record_t ndr;
			kern_return_t result;
			mach_vm_address_t address;
			mach_vm_size_t size;
			natural_t nesting_depth;
			mach_msg_type_number_t info_count;
			integer_t info[REGION_INFO_WORDS];
			mach_msg_trailer_t trailer;
		} out;
	} message;
#pragma pack(pop)
	const mach_msg_size_t full = sizeof message.out - sizeof message.out.trailer;

	message.in.ndr = NDR_record;
	message.in.address = *address;
	message.in.nesting_depth = *nesting_depth;
	message.in.info_count = *info_count < REGION_INFO_WORDS ? *info_count : REGION_INFO_WORDS;

	kern_return_t result = call(&message.in.head, target, 4815, 0, sizeof message.in, sizeof message.out, SIMPLE,
	    full - sizeof message.out.info, full);
	if (result != KERN_SUCCESS)
		return result;

	mach_msg_type_number_t count = message.out.info_count;
	/* The array has the length that the message has room for. */
	if (count > REGION_INFO_WORDS ||
	    message.out.head.msgh_size != full - sizeof message.out.info + count * sizeof(integer_t))
		return MIG_TYPE_ERROR;
	*address = message.out.address;
	*size = message.out.size;
	*nesting_depth = message.out.nesting_depth;
	mach_msg_type_number_t copied = count < *info_count ? count : *info_count;
	for (mach_msg_type_number_t i = 0; i < copied; i++)
		info[i] = message.out.info[i];
	if (count > *info_count)
		return MIG_ARRAY_TOO_LARGE;
	*info_count = count;
	return KERN_SUCCESS;
}

kern_return_t thread_abort(thread_act_t thread)
{
	union {
		mach_msg_header_t in;
		struct {
			struct reply reply;
			mach_msg_trailer_t trailer;
		} out;
	} message;

	return call(&message.in, thread, 3607, 0, sizeof message.in, sizeof message.out, SIMPLE, sizeof message.out.reply,
	    sizeof message.out.reply);
}

#pragma pack(push, 4)

struct with_port {
	mach_msg_header_t head;
	mach_msg_body_t body;
	mach_msg_port_descriptor_t port;
};

#pragma pack(pop)

kern_return_t semaphore_create(task_t task, semaphore_t *semaphore, int policy, int value)
{
#pragma pack(push, 4)
	union {
		struct {
			mach_msg_header_t head;
			NDR_record_t ndr;
			int policy;
			int value;
		} in;
		struct {
			struct with_port reply;
			mach_msg_trailer_t trailer;
		} out;
	} message;
#pragma pack(pop)

	message.in.ndr = NDR_record;
	message.in.policy = policy;
	message.in.value = value;
	kern_return_t result = call(&message.in.head, task, 3418, 0, sizeof message.in, sizeof message.out, COMPLEX,
	    sizeof message.out.reply, sizeof message.out.reply);
	if (result != KERN_SUCCESS)
		return result;
	if (message.out.reply.body.msgh_descriptor_count != 1 ||
	    message.out.reply.port.type != MACH_MSG_PORT_DESCRIPTOR)
		return MIG_TYPE_ERROR;
	*semaphore = message.out.reply.port.name;
	return KERN_SUCCESS;
}

kern_return_t semaphore_destroy(task_t task, semaphore_t semaphore)
{
	union {
		struct with_port in;
		struct {
			struct reply reply;
			mach_msg_trailer_t trailer;
		} out;
	} message;

	message.in.body.msgh_descriptor_count = 1;
	message.in.port.name = semaphore;
	message.in.port.pad1 = 0;
	message.in.port.pad2 = 0;
	/* The right goes with the message: nothing is left behind in this task. */
	message.in.port.disposition = MACH_MSG_TYPE_MOVE_SEND;
	message.in.port.type = MACH_MSG_PORT_DESCRIPTOR;
	return call(&message.in.head, task, 3419, MACH_MSGH_BITS_COMPLEX, sizeof message.in, sizeof message.out, SIMPLE,
	    sizeof message.out.reply, sizeof message.out.reply);
}
