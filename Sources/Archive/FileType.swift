/// The `AE_IF…` constants of archive_entry.h, which are C casts and so not imported.
enum FileType: UInt32 {
    case regular = 0o100000
    case directory = 0o040000
    case symbolicLink = 0o120000
    case characterDevice = 0o020000
    case blockDevice = 0o060000
    case pipe = 0o010000
    case socket = 0o140000

    /// What an error message calls it.
    var name: String {
        switch self {
        case .regular: "a file"
        case .directory: "a directory"
        case .symbolicLink: "a symbolic link"
        case .characterDevice, .blockDevice: "a device"
        case .pipe: "a pipe"
        case .socket: "a socket"
        }
    }
}
