/* getpid, as if a macOS to come brought it. */
int getpid(void) __attribute__((availability(macos, introduced = 99.0)));
