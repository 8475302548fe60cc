/* A class of no library's making, so that the runtime alone is needed. */
#include "thing.h"

__attribute__((objc_root_class)) @interface Thing
+ (int)twice:(int)number;
@end

@implementation Thing
+ (int)twice:(int)number
{
    return 2 * number;
}
@end

int thing(int number)
{
    return [Thing twice:number];
}
