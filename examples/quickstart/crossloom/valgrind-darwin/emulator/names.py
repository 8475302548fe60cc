"""Names of Darwin's system calls, Mach traps and MIG routines by number, for messages and `--trace`.

Source: bsd/kern/syscalls.master, osfmk/kern/syscall_sw.c and osfmk/mach/i386/syscall_sw.h
of xnu (Darwin 22), and the .defs files of osfmk/mach, whose subsystem's base a routine's number counts from.
"""

from __future__ import annotations


def _table(text: str) -> dict[int, str]:
    """NUMBER:NAME words to a dictionary."""
    return {int(number): name for number, name in (word.split(":") for word in text.split())}


BSD = _table("""
    0:syscall 1:exit 2:fork 3:read 4:write 5:open 6:close 7:wait4 9:link 10:unlink 12:chdir 13:fchdir 14:mknod
    15:chmod 16:chown 18:getfsstat 20:getpid 23:setuid 24:getuid 25:geteuid 26:ptrace 27:recvmsg 28:sendmsg
    29:recvfrom 30:accept 31:getpeername 32:getsockname 33:access 34:chflags 35:fchflags 36:sync 37:kill 39:getppid
    41:dup 42:pipe 43:getegid 44:profil 46:sigaction 47:getgid 48:sigprocmask 49:getlogin 50:setlogin 51:acct
    52:sigpending 53:sigaltstack 54:ioctl 55:reboot 56:revoke 57:symlink 58:readlink 59:execve 60:umask 61:chroot
    65:msync 66:vfork 73:munmap 74:mprotect 75:madvise 78:mincore 79:getgroups 80:setgroups 81:getpgrp 82:setpgid
    83:setitimer 85:swapon 86:getitimer 89:getdtablesize 90:dup2 92:fcntl 93:select 95:fsync 96:setpriority
    97:socket 98:connect 100:getpriority 104:bind 105:setsockopt 106:listen 111:sigsuspend 116:gettimeofday
    117:getrusage 118:getsockopt 120:readv 121:writev 122:settimeofday 123:fchown 124:fchmod 126:setreuid
    127:setregid 128:rename 131:flock 132:mkfifo 133:sendto 134:shutdown 135:socketpair 136:mkdir 137:rmdir
    138:utimes 139:futimes 140:adjtime 142:gethostuuid 147:setsid 151:getpgid 152:setprivexec 153:pread 154:pwrite
    155:nfssvc 157:statfs 158:fstatfs 159:unmount 161:getfh 165:quotactl 167:mount 169:csops 170:csops_audittoken
    173:waitid 176:add_profil 177:kdebug_typefilter 178:kdebug_trace_string 180:kdebug_trace 181:setgid 182:setegid
    183:seteuid 184:sigreturn 185:chud 186:thread_selfcounts 187:fdatasync 188:stat 189:fstat 190:lstat 191:pathconf
    192:fpathconf 194:getrlimit 195:setrlimit 196:getdirentries 197:mmap 199:lseek 200:truncate 201:ftruncate
    202:__sysctl 203:mlock 204:munlock 205:undelete 206:ATsocket 207:ATgetmsg 208:ATputmsg 209:ATPsndreq
    210:ATPsndrsp 211:ATPgetreq 212:ATPgetrsp 214:kqueue_from_portset_np 215:kqueue_portset_np
    216:open_dprotected_np 217:statv 218:lstatv 219:fstatv 220:getattrlist 221:setattrlist 222:getdirentriesattr
    223:exchangedata 225:searchfs 226:delete 227:copyfile 228:fgetattrlist 229:fsetattrlist 230:poll 231:watchevent
    232:waitevent 233:modwatch 234:getxattr 235:fgetxattr 236:setxattr 237:fsetxattr 238:removexattr
    239:fremovexattr 240:listxattr 241:flistxattr 242:fsctl 243:initgroups 244:posix_spawn 245:ffsctl 247:nfsclnt
    248:fhopen 250:minherit 251:semsys 252:msgsys 253:shmsys 254:semctl 255:semget 256:semop 258:msgctl 259:msgget
    260:msgsnd 261:msgrcv 262:shmat 263:shmctl 264:shmdt 265:shmget 266:shm_open 267:shm_unlink 268:sem_open
    269:sem_close 270:sem_unlink 271:sem_wait 272:sem_trywait 273:sem_post 274:sem_getvalue 275:sem_init
    276:sem_destroy 277:open_extended 278:umask_extended 279:stat_extended 280:lstat_extended 281:fstat_extended
    282:chmod_extended 283:fchmod_extended 284:access_extended 285:settid 286:gettid 287:setsgroups 288:getsgroups
    289:setwgroups 290:getwgroups 291:mkfifo_extended 292:mkdir_extended 293:identitysvc 294:shared_region_check_np
    295:shared_region_map_np 296:vm_pressure_monitor 297:psynch_rw_longrdlock 298:psynch_rw_yieldwrlock
    299:psynch_rw_downgrade 300:psynch_rw_upgrade 301:psynch_mutexwait 302:psynch_mutexdrop 303:psynch_cvbroad
    304:psynch_cvsignal 305:psynch_cvwait 306:psynch_rw_rdlock 307:psynch_rw_wrlock 308:psynch_rw_unlock
    309:psynch_rw_unlock2 310:getsid 311:settid_with_pid 312:psynch_cvclrprepost 313:aio_fsync 314:aio_return
    315:aio_suspend 316:aio_cancel 317:aio_error 318:aio_read 319:aio_write 320:lio_listio 322:iopolicysys
    323:process_policy 324:mlockall 325:munlockall 327:issetugid 328:__pthread_kill 329:__pthread_sigmask
    330:__sigwait 331:__disable_threadsignal 332:__pthread_markcancel 333:__pthread_canceled 334:__semwait_signal
    336:proc_info 337:sendfile 338:stat64 339:fstat64 340:lstat64 341:stat64_extended 342:lstat64_extended
    343:fstat64_extended 344:getdirentries64 345:statfs64 346:fstatfs64 347:getfsstat64 348:__pthread_chdir
    349:__pthread_fchdir 350:audit 351:auditon 353:getauid 354:setauid 355:getaudit 356:setaudit 357:getaudit_addr
    358:setaudit_addr 359:auditctl 360:bsdthread_create 361:bsdthread_terminate 362:kqueue 363:kevent 364:lchown
    365:stack_snapshot 366:bsdthread_register 367:workq_open 368:workq_ops 369:kevent64 372:__thread_selfid
    374:kevent_qos 375:kevent_id 380:__mac_execve 381:__mac_syscall 382:__mac_get_file 383:__mac_set_file
    384:__mac_get_link 385:__mac_set_link 386:__mac_get_proc 387:__mac_set_proc 388:__mac_get_fd 389:__mac_set_fd
    390:__mac_get_pid 391:__mac_get_lcid 392:__mac_get_lctx 393:__mac_set_lctx 394:pselect 395:getlcid
    396:read_nocancel 397:write_nocancel 398:open_nocancel 399:close_nocancel 400:wait4_nocancel
    401:recvmsg_nocancel 402:sendmsg_nocancel 403:recvfrom_nocancel 404:accept_nocancel 405:msync_nocancel
    406:fcntl_nocancel 407:select_nocancel 408:fsync_nocancel 409:connect_nocancel 410:sigsuspend_nocancel
    411:readv_nocancel 412:writev_nocancel 413:sendto_nocancel 414:pread_nocancel 415:pwrite_nocancel
    416:waitid_nocancel 417:poll_nocancel 418:msgsnd_nocancel 419:msgrcv_nocancel 420:sem_wait_nocancel
    421:aio_suspend_nocancel 422:__sigwait_nocancel 423:__semwait_signal_nocancel 424:__mac_mount
    425:__mac_get_mount 426:__mac_getfsstat 427:fsgetpath 428:audit_session_self 429:audit_session_join
    430:fileport_makeport 431:fileport_makefd 432:audit_session_port 433:pid_suspend 434:pid_resume
    438:shared_region_map_and_slide_np 439:kas_info 440:memorystatus_control 441:guarded_open_np
    442:guarded_close_np 443:guarded_kqueue_np 444:change_fdguard_np 446:proc_rlimit_control 447:connectx
    448:disconnectx 449:peeloff 450:socket_delegate 451:telemetry 452:proc_uuid_policy 453:memorystatus_get_level
    454:system_override 455:vfs_purge 460:necp_match_policy 461:getattrlistbulk 462:clonefileat 463:openat
    464:openat_nocancel 466:faccessat 470:fstatat64 472:unlinkat 473:readlinkat 475:mkdirat 478:bsdthread_ctl
    483:csrctl 484:guarded_open_dprotected_np 485:guarded_write_np 486:guarded_pwrite_np 487:guarded_writev_np
    488:renameatx_np 490:netagent_trigger 491:stack_snapshot_with_config 492:microstackshot 493:grab_pgo_data
    494:persona 499:work_interval_ctl 500:getentropy 501:necp_open 502:necp_client_action 515:ulock_wait
    516:ulock_wake 517:fclonefileat 518:fs_snapshot 520:terminate_with_payload 521:abort_with_payload
    522:necp_session_open 523:necp_session_action 524:setattrlistat 525:net_qos_guideline 526:fmount 527:ntp_adjtime
    528:ntp_gettime 529:os_fault_with_payload 530:kqueue_workloop_ctl 531:__mach_bridge_remote_time
    532:coalition_ledger 533:log_data 534:memorystatus_available_memory 535:objc_bp_assist_cfg_np
    536:shared_region_map_and_slide_2_np 537:pivot_root 538:task_inspect_for_pid 539:task_read_for_pid 540:preadv
    541:pwritev 542:preadv_nocancel 543:pwritev_nocancel 544:ulock_wait2 545:proc_info_extended_id
    546:tracker_action 547:debug_syscall_reject 548:sys_debug_syscall_reject_config 549:graftdmg
    550:map_with_linking_np 551:freadlink 552:sys_record_system_event 553:mkfifoat 554:mknodat 555:ungraftdmg
""")

MACH = _table("""
    10:kernelrpc_mach_vm_allocate_trap 11:kernelrpc_mach_vm_purgable_control_trap
    12:kernelrpc_mach_vm_deallocate_trap 14:kernelrpc_mach_vm_protect_trap 15:kernelrpc_mach_vm_map_trap
    16:kernelrpc_mach_port_allocate_trap 17:kernelrpc_mach_port_destroy_trap 18:kernelrpc_mach_port_deallocate_trap
    19:kernelrpc_mach_port_mod_refs_trap 20:kernelrpc_mach_port_move_member_trap
    21:kernelrpc_mach_port_insert_right_trap 22:kernelrpc_mach_port_insert_member_trap
    23:kernelrpc_mach_port_extract_member_trap 24:kernelrpc_mach_port_construct_trap
    25:kernelrpc_mach_port_destruct_trap 26:mach_reply_port 27:thread_self_trap 28:task_self_trap 29:host_self_trap
    31:mach_msg_trap 32:mach_msg_overwrite_trap 33:semaphore_signal_trap 34:semaphore_signal_all_trap
    35:semaphore_signal_thread_trap 36:semaphore_wait_trap 37:semaphore_wait_signal_trap 38:semaphore_timedwait_trap
    39:semaphore_timedwait_signal_trap 40:kernelrpc_mach_port_get_attributes_trap 41:kernelrpc_mach_port_guard_trap
    42:kernelrpc_mach_port_unguard_trap 43:mach_generate_activity_id 44:task_name_for_pid 45:task_for_pid
    46:pid_for_task 47:mach_msg2_trap 48:macx_swapon 49:macx_swapoff 50:thread_get_special_reply_port
    51:macx_triggers 52:macx_backing_store_suspend 53:macx_backing_store_recovery 59:swtch_pri 60:swtch
    61:syscall_thread_switch 62:clock_sleep_trap 70:host_create_mach_voucher_trap
    72:mach_voucher_extract_attr_recipe_trap 76:kernelrpc_mach_port_type_trap
    77:kernelrpc_mach_port_request_notification_trap 89:mach_timebase_info 90:mach_wait_until 91:mk_timer_create
    92:mk_timer_destroy 93:mk_timer_arm 94:mk_timer_cancel 100:iokit_user_client_trap
""")

MACHINE = _table("""
    0:thread_get_cthread_self 1:thread_set_cthread_self 3:thread_fast_set_cthread_self 4:thread_set_user_ldt
    5:i386_set_ldt 6:i386_get_ldt
""")

MIG = _table("""
    200:host_info 202:host_page_size 205:host_get_io_master 206:host_get_clock_service 217:host_request_notification
    222:host_create_mach_voucher 403:bootstrap_register 404:bootstrap_look_up 412:host_get_special_port
    3201:mach_port_type 3204:mach_port_allocate 3205:mach_port_destroy 3206:mach_port_deallocate
    3207:mach_port_get_refs 3208:mach_port_mod_refs 3211:mach_port_get_set_status 3212:mach_port_move_member
    3213:mach_port_request_notification 3214:mach_port_insert_right 3215:mach_port_extract_right
    3217:mach_port_get_attributes 3218:mach_port_set_attributes 3226:mach_port_insert_member
    3227:mach_port_extract_member 3229:mach_port_set_context 3402:task_threads 3403:mach_ports_register
    3404:mach_ports_lookup 3405:task_info 3406:task_set_info 3407:task_suspend 3408:task_resume
    3409:task_get_special_port 3410:task_set_special_port 3411:thread_create 3412:thread_create_running
    3414:task_get_exception_ports 3418:semaphore_create 3419:semaphore_destroy 3420:task_policy_set
    3444:task_register_dyld_image_infos 3447:task_register_dyld_shared_cache_image_info 3600:thread_terminate
    3603:thread_get_state 3605:thread_suspend 3606:thread_resume 3607:thread_abort 3612:thread_info 3616:thread_policy
    3617:thread_policy_set 3801:vm_allocate 3802:vm_deallocate 3803:vm_protect 3804:vm_inherit 3805:vm_read
    3808:vm_copy 3809:vm_read_overwrite 3812:vm_map 3814:vm_remap 3825:mach_make_memory_entry_64
    3830:vm_purgable_control 4800:mach_vm_allocate 4801:mach_vm_deallocate 4802:mach_vm_protect 4803:mach_vm_inherit
    4804:mach_vm_read 4807:mach_vm_copy 4808:mach_vm_read_overwrite 4811:mach_vm_map 4813:mach_vm_remap
    4815:mach_vm_region_recurse 4817:mach_make_memory_entry_64 4818:mach_vm_purgable_control
    8000:task_restartable_ranges_register
""")
