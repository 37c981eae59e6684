#include "gateway/app/command_line.h"

int main(int argc, char** argv) { return guanxi::app::run(argc, argv); }
