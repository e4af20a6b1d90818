import Foundation

/// Foundation's own reader of property lists.
enum FoundationReader {
    static func value(_ bytes: [UInt8]) throws -> Any {
        try unsafe PropertyListSerialization.propertyList(from: Data(bytes), format: nil)
    }
}
