// SPDX-License-Identifier: Apache-2.0
// SystemC's library asks for it; libFuzzer's main() runs instead.

extern "C" int sc_main(int argc, char* argv[]);

int sc_main(int, char**) { return 0; }
