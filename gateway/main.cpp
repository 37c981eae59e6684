#include "gateway/app/command_line.h"

// Read by jemalloc: what a burst of large answers took is given back soon, also when nothing
// happens afterwards.
extern "C" const char* malloc_conf;
const char* malloc_conf = "background_thread:true,dirty_decay_ms:2000,muzzy_decay_ms:0";

int main(int argc, char** argv) { return guanxi::app::run(argc, argv); }
