/*
 * What starting leaves behind in memory. A library that is set up touches code and tables that
 * nothing asks for later (libcrypto above all), and what was touched stays mapped: two thirds of an
 * idle daemon. Dropped here is only what the file has as well, so that whatever is asked for all
 * the same comes back from the page cache, at its next use and by itself.
 */
#ifndef GHOSTKEY_LIBRARY_PAGES_H
#define GHOSTKEY_LIBRARY_PAGES_H

/*
 * When all is set up. The program's own pages stay: a debugger's breakpoints are in there, and
 * there are few. A failure is no error: it stays as it was.
 */
void library_pages_drop(void);

#endif
