# Node.js' own description of brotli is not in Debian's source.
{
  'targets': [
    {
      'target_name': 'brotli',
      'type': 'static_library',
      'include_dirs': ['c/include'],
      'direct_dependent_settings': {'include_dirs': ['c/include']},
      'defines': ['OS_LINUX'],
      'sources': ['<!@(find c/common c/dec c/enc -name "*.c" | sort)'],
    },
  ],
}
