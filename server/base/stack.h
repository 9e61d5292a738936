#ifndef SERVER_BASE_STACK_H
#define SERVER_BASE_STACK_H

/*
 * Give back the pages of the stack that deeper calls have used and that no
 * call uses any more.  For the main thread of a process that is about to wait
 * for long; costs a system call now and a page fault for each page that is
 * used again.
 */
void stack_release(void);

#endif
