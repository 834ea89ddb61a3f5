# cmake -DINPUT=<text file> -DOUTPUT=<C++ file> -DHEADER=<include> -DNAME=<variable> -P EmbedText.cmake
# Writes a C++ file that defines anda::sim::NAME as the text of INPUT.
file(READ ${INPUT} text)
file(WRITE ${OUTPUT} "// Made from ${INPUT}; changes are lost.
#include \"${HEADER}\"

namespace anda::sim {

extern const char* const ${NAME};
const char* const ${NAME} = R\"embedded(${text})embedded\";

}  // namespace anda::sim
")
