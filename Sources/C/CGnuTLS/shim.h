#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

// The library's own deallocation is a variable, which Swift holds to be unsafe to read.
static inline void gnutls_release(void *memory) { gnutls_free(memory); }
