import Foundation
import HostSystem

@testable import Launching

/// Python's standard library as a second reader.
enum Python {
    /// What the program printed, given a path as its first argument.
    static func run(_ program: String, _ path: String) throws -> String {
        try ProcessRunner().require(ExternalCommand(["python3", "-c", program, path]))
    }
}
