# Apple's tools read the target from these.
unset(ENV{SDKROOT})
unset(ENV{MACOSX_DEPLOYMENT_TARGET})
