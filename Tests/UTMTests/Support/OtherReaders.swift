import Foundation
import HostSystem
import Launching

/// Foundation's own reader of property lists.
enum FoundationReader {
    static func value(_ bytes: [UInt8]) throws -> Any {
        try unsafe PropertyListSerialization.propertyList(from: Data(bytes), format: nil)
    }
}

/// Python's standard library as a second reader.
enum Python {
    /// What the program printed, given a path as its first argument.
    static func run(_ program: String, _ path: String) throws -> String {
        try ProcessRunner().require(ExternalCommand(["python3", "-c", program, path]))
    }
}
