# guanxi_library(FOLDER LINK ... PRIVATE_LINK ...): one static library, guanxi_<last part of FOLDER>, of
# every source below FOLDER. All of them share the precompiled header of guanxi_models.
function(guanxi_library folder)
  cmake_parse_arguments(ARG "" "" "LINK;PRIVATE_LINK" ${ARGN})
  get_filename_component(name ${folder} NAME)
  set(target guanxi_${name})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.cpp)
  if(NOT sources)
    file(WRITE ${CMAKE_BINARY_DIR}/empty/${target}.cpp "")
    set(sources ${CMAKE_BINARY_DIR}/empty/${target}.cpp)
  endif()
  add_library(${target} STATIC ${sources})
  target_link_libraries(${target} PUBLIC ${ARG_LINK} PRIVATE ${ARG_PRIVATE_LINK})
  guanxi_compile_options(${target})
  if(target STREQUAL guanxi_models)
    target_precompile_headers(${target} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/precompiled.h)
  else()
    target_precompile_headers(${target} REUSE_FROM guanxi_models)
  endif()
endfunction()

# guanxi_embed_text(TARGET FOLDER EXTENSION): the files of FOLDER as string_views in the binary, declared
# in the generated header <folder>/embedded.h as `std::span<const EmbeddedFile> embedded_files()`.
function(guanxi_embed_text target folder extension)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/${folder}
       ${CMAKE_SOURCE_DIR}/${folder}/*.${extension})
  list(SORT files)
  set(output ${CMAKE_BINARY_DIR}/embedded/${target}_embedded.cpp)
  list(TRANSFORM files PREPEND ${CMAKE_SOURCE_DIR}/${folder}/ OUTPUT_VARIABLE depends)
  string(REPLACE ";" "|" joined "${files}")
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DROOT=${CMAKE_SOURCE_DIR}/${folder} -DFILES=${joined}
            -DNAMESPACE=${target} -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${depends} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()

# The manifests and rule packs of every platform folder.
function(guanxi_embed_adapters target)
  guanxi_embed_text(${target} adapters json)
endfunction()
