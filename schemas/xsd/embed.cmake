# cmake -DINPUT=<xsd> -DOUTPUT=<cpp> -P embed.cmake: the reading schema as a string of the program, so
# that no file has to be found when it runs.
file(READ ${INPUT} text)
file(WRITE ${OUTPUT} "#include \"schemas/edxml/reading_schema.hpp\"

namespace truc::edxml {
const std::string_view kReadingSchema = R\"xsd(${text})xsd\";
}  // namespace truc::edxml
")
