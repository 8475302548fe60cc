# Defaults for every target of a binding.gyp.
{
  'target_defaults': {
    'type': 'loadable_module',
    'include_dirs': ['<(node_root_dir)/include/node'],
    'defines': [
      'NODE_GYP_MODULE_NAME=>(_target_name)',
      'USING_UV_SHARED=1',
      'USING_V8_SHARED=1',
    ],
    'target_conditions': [
      ['_type=="loadable_module"', {
        'product_prefix': '',
        'product_extension': 'node',
        'defines': ['BUILDING_NODE_EXTENSION'],
      }],
      ['_type=="static_library"', { 'standalone_static_library': '<(standalone_static_library)' }],
      ['_type=="loadable_module" or _type=="shared_library" or _type=="static_library"', { 'cflags': ['-fPIC'] }],
    ],
  },
}
