# Warnings, sanitizers, compiler cache and linker, the same for every target.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      ${CCACHE_PROGRAM})
endif()
find_program(LLD_PROGRAM ld.lld)
if(LLD_PROGRAM)
  add_link_options(-fuse-ld=lld)
endif()

if(GUANXI_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(GUANXI_SANITIZE STREQUAL "thread")
  # Boost 1.74 uses fences that GCC cannot instrument; -Wno-tsan says so without failing the build.
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer -Wno-tsan)
  add_link_options(-fsanitize=thread)
elseif(GUANXI_SANITIZE)
  message(FATAL_ERROR "GUANXI_SANITIZE is '${GUANXI_SANITIZE}'; it may be empty, address or thread")
endif()

# Instrumented code misleads GCC 12's analyses of ranges and lifetimes; the other builds keep them on.
if(GUANXI_SANITIZE)
  add_compile_options(-Wno-array-bounds -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-stringop-overread -Wno-restrict)
endif()

function(guanxi_compile_options target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -Winvalid-pch -fpch-preprocess)
  target_compile_definitions(${target} PRIVATE JSON_USE_IMPLICIT_CONVERSIONS=0 SPDLOG_FMT_EXTERNAL)
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR})
endfunction()
