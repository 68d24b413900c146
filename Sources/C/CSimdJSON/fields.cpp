#include <simdjson.h>
extern "C" int sj_dummy(void){return 0;}
