# CMake: -DCMAKE_TOOLCHAIN_FILE=<this file>, for a build that runs on the build machine inside one for the target.
#
# Without it a nested CMake would take the target's compiler from the environment. HOST_CC and HOST_CXX name the build machine's;
# CMake looks for one where they do not.
if(NOT "$ENV{HOST_CC}" STREQUAL "")
  set(CMAKE_C_COMPILER "$ENV{HOST_CC}")
endif()
if(NOT "$ENV{HOST_CXX}" STREQUAL "")
  set(CMAKE_CXX_COMPILER "$ENV{HOST_CXX}")
endif()
foreach(variable CC CXX CFLAGS CXXFLAGS FC FFLAGS LDFLAGS PKG_CONFIG PKG_CONFIG_LIBDIR PKG_CONFIG_PATH CMAKE_PREFIX_PATH)
  unset(ENV{${variable}})
endforeach()
