//! Classes, functions and a constant of Foundation's. Classes are looked up by name when the program runs; functions and
//! constants are symbols that it imports.

use objc2_foundation::{NSArray, NSCocoaErrorDomain, NSError, NSProcessInfo, NSString, NSUserName, ns_string};

fn main() {
    let name = NSProcessInfo::processInfo().processName();
    let words = NSArray::from_retained_slice(&[NSString::from_str("hello from"), name, NSUserName()]);
    for word in words {
        println!("{word}");
    }
    // SAFETY: Foundation defines the constant, and it never changes.
    let domain = unsafe { NSCocoaErrorDomain };
    println!("{} {}", NSError::new(4, domain).code(), ns_string!("is an error"));
}
