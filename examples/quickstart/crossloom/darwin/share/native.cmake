# What names the target to Apple's tools.
unset(ENV{SDKROOT})
unset(ENV{MACOSX_DEPLOYMENT_TARGET})
