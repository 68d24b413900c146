#ifndef CPROGRAMTEXT_H
#define CPROGRAMTEXT_H

/// Lets go of the pages of code and constants of the program and its libraries. What is still used
/// comes back from the files, page by page.
void release_program_text(void);

#endif
