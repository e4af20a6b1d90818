/// A serial port: an element of the section `Serial`.
///
/// UTM has no port that writes to a file. A pseudo-terminal costs nothing while nobody looks, and `utmctl attach` tells
/// which one it is.
struct UTMSerial: Hashable, Sendable {
    init() {}

    var propertyList: PropertyList { ["Mode": "Ptty", "Target": "Auto"] }
}
