/* Two frameworks, by prototypes of our own: the open SDK has no headers of frameworks. */
#include <stdint.h>
#include <stdio.h>

typedef const void *CFTypeRef;
typedef const struct __CFString *CFStringRef;
typedef const struct __CFDictionary *CFDictionaryRef;
typedef long CFIndex;

extern const CFTypeRef kCFBooleanTrue;
extern const CFStringRef kSecClass, kSecClassCertificate, kSecMatchLimit, kSecMatchLimitAll;
extern const struct CallBacks { CFIndex version; void *functions[6]; } kCFTypeDictionaryKeyCallBacks, kCFTypeDictionaryValueCallBacks;
extern CFDictionaryRef CFDictionaryCreate(CFTypeRef, const void **, const void **, CFIndex, const void *, const void *);
extern CFIndex CFArrayGetCount(CFTypeRef);
extern void CFRelease(CFTypeRef);
extern int32_t SecItemCopyMatching(CFDictionaryRef, CFTypeRef *);

int main(void)
{
    const void *keys[] = {kSecClass, kSecMatchLimit};
    const void *values[] = {kSecClassCertificate, kSecMatchLimitAll};
    CFDictionaryRef query =
        CFDictionaryCreate(NULL, keys, values, 2, &kCFTypeDictionaryKeyCallBacks, &kCFTypeDictionaryValueCallBacks);
    CFTypeRef found = NULL;
    int32_t status = SecItemCopyMatching(query, &found);
    printf("%ld certificates, status %d\n", status == 0 ? CFArrayGetCount(found) : 0L, (int)status);
    if (found != NULL)
        CFRelease(found);
    CFRelease(query);
    return status != 0;
}
