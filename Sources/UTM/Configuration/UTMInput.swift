/// Keyboards, mice and USB: the section `Input`. A headless machine has none of it.
struct UTMInput: Hashable, Sendable {
    init() {}

    var propertyList: PropertyList { ["MaximumUsbShare": 0, "UsbBusSupport": "Disabled", "UsbSharing": false] }
}
