/// A value that holds a secret and therefore never shows itself, neither in text nor in a debugger's dump.
///
/// Public only because its conformers are; conform to it to hide a secret of your own.
public protocol Redacted: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {}

extension Redacted {
    public var description: String { "<redacted>" }
    public var debugDescription: String { "<redacted>" }
    public var customMirror: Mirror { Mirror(self, children: ["value": "<redacted>"], displayStyle: .struct) }
}
