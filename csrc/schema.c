#include "schema.h"

#include <string.h>

#define TEXT(s)                                                                                              \
  { s, sizeof(s) - 1 }
#define NO_TEXT                                                                                              \
  { NULL, 0 }
#define COUNT(list) (sizeof(list) / sizeof *(list))

/* Fields */

#define STR(name, wire)                                                                                      \
  { name, IMR_STR, TEXT(wire), NO_TEXT, NULL, IMR_NO_DERIVED }
#define DEC(name, wire)                                                                                      \
  { name, IMR_DEC, TEXT(wire), NO_TEXT, NULL, IMR_NO_DERIVED }
#define DEC2(name, wire, alias)                                                                              \
  { name, IMR_DEC, TEXT(wire), TEXT(alias), NULL, IMR_NO_DERIVED }
#define TIME(name, wire)                                                                                     \
  { name, IMR_TIME, TEXT(wire), NO_TEXT, NULL, IMR_NO_DERIVED }
#define TYPE(wire, alias)                                                                                    \
  { "meter_type", IMR_INT, TEXT(wire), alias, NULL, IMR_METER_TYPE }
#define END_OF_FIELDS                                                                                        \
  { NULL, IMR_STR, NO_TEXT, NO_TEXT, NULL, IMR_NO_DERIVED }

static const imr_word online_words[] = {
    {TEXT("在线"), NULL, true},
    {TEXT("不在线"), NULL, false},
    {NO_TEXT, NULL, false},
};

/* Opening a valve lets water through, opening a breaker cuts the current: hence no "open" or "closed" in our
 * words. */
static const imr_word supply_words[] = {
    {TEXT("合闸"), "connected", false},
    {TEXT("跳闸"), "disconnected", false},
    {TEXT("开阀"), "connected", false},
    {TEXT("关阀"), "disconnected", false},
    {NO_TEXT, NULL, false},
};

#define SUPPLY                                                                                               \
  { "supply", IMR_ENUM, TEXT("gate"), NO_TEXT, supply_words, IMR_NO_DERIVED }

static const imr_field meter_fields[] = {
    STR("project_code", "project_code"),
    STR("device_id", "deviceId"),
    STR("device_name", "deviceName"),
    STR("meter_no", "tableNo"),
    STR("address", "tableAddress"),
    TYPE("tableType", TEXT("typeType")),
    TIME("last_online", "onlineAt"),
    {"online", IMR_ENUM, TEXT("netStatis"), TEXT("netStatus"), online_words, IMR_NO_DERIVED},
    SUPPLY,
    STR("user_code", "user_code"),
    STR("user_name", "user_name"),
    STR("house_number", "house_number"),
    END_OF_FIELDS,
};

static const imr_field latest_reading_fields[] = {
    STR("device_id", "deviceId"),
    STR("meter_no", "tableNo"),
    DEC("reading", "reading"),
    TIME("read_time", "readTime"),
    SUPPLY,
    END_OF_FIELDS,
};

static const imr_field reading_fields[] = {
    STR("device_id", "deviceId"),
    STR("meter_no", "tableNo"),
    DEC("reading", "reading"),
    TIME("read_time", "readTime"),
    STR("imei", "imei"),
    STR("user_code", "user_code"),
    STR("address", "tableAddress"),
    STR("device_name", "deviceName"),
    END_OF_FIELDS,
};

static const imr_field consumption_fields[] = {
    STR("project_code", "project_code"), STR("device_id", "deviceId"),  STR("meter_no", "tableNo"),
    DEC("reading", "reading"),           TIME("read_time", "readTime"), DEC("usage", "dosage"),
    DEC2("amount", "amount", "amout"),   TYPE("type", NO_TEXT),         END_OF_FIELDS,
};

static const imr_field tou_reading_fields[] = {
    STR("project_code", "project_code"),
    STR("device_id", "deviceId"),
    STR("meter_no", "tableNo"),
    TIME("reported_at", "createTime"),
    TIME("freeze_time", "freezeTime"),
    DEC("energy_total", "positiveActivePower"),
    DEC("energy_sharp", "positiveActivePower1"),
    DEC("energy_peak", "positiveActivePower2"),
    DEC("energy_flat", "positiveActivePower3"),
    DEC("energy_valley", "positiveActivePower4"),
    DEC("voltage_a", "voltA"),
    DEC("voltage_b", "voltB"),
    DEC("voltage_c", "voltC"),
    DEC("current_a", "electricA"),
    DEC("current_b", "electricB"),
    DEC("current_c", "electricC"),
    DEC("active_power", "totalActivePower"),
    DEC("active_power_a", "activePowerA"),
    DEC("active_power_b", "activePowerB"),
    DEC("active_power_c", "activePowerC"),
    DEC("reactive_power", "totalReactivePower"),
    DEC("reactive_power_a", "reactivePowerA"),
    DEC("reactive_power_b", "reactivePowerB"),
    DEC("reactive_power_c", "reactivePowerC"),
    END_OF_FIELDS,
};

static const imr_field camera_reading_fields[] = {
    STR("project_code", "project_code"),
    STR("meter_no", "tableNo"),
    TIME("read_time", "imageReadTime"),
    {"image_status", IMR_STR, TEXT("imageStatus"), NO_TEXT, NULL, IMR_IMAGE_STATUS},
    STR("image_url", "imageUrl"),
    DEC("reading", "basicReading"),
    END_OF_FIELDS,
};

static const imr_field no_fields[] = {END_OF_FIELDS};

const imr_text imr_image_ok = TEXT("解析正常");

/* Endpoints */

const imr_endpoint imr_endpoints[] = {
    {"login", "/user/login", IMR_LOGIN, no_fields},
    {"meters", "/meter/meterList", IMR_LISTING | IMR_ONE_PER_METER, meter_fields},
    {"latest_readings", "/meter/readMeter", IMR_LISTING | IMR_ONE_PER_METER, latest_reading_fields},
    {"readings", "/meter/readMeterList", IMR_LISTING, reading_fields},
    {"consumption", "/meter/readMeterDataList", IMR_LISTING, consumption_fields},
    {"instruct", "/meter/meterInstruct", IMR_COMMAND, no_fields},
    {"tou_readings", "/meter/peaksValleysRead", IMR_LISTING, tou_reading_fields},
    {"camera_readings", "/meter/cameraRead", IMR_LISTING, camera_reading_fields},
    {NULL, NULL, 0, NULL},
};

/* Meter types, by number */

#define ELECTRICITY "electricity"
#define WATER       "water"

static const imr_meter_type meter_types[] = {
    {1, ELECTRICITY, "NB-IoT electricity meter, RS-485", "NB电表485协议"},
    {2, WATER, "plain water meter", "普通水表"},
    {3, ELECTRICITY, "plain electricity meter", "普通电表"},
    {4, WATER, "NB-IoT water meter, wet dial", "NB水表湿式水表"},
    {5, ELECTRICITY, "4G electricity meter", "4g电表"},
    {6, WATER, "NB-IoT water meter, photoelectric remote reading", "NB水表光电远传水表"},
    {7, ELECTRICITY, "time-of-use electricity meter", "尖峰平谷电表"},
    {8, WATER, "wired water meter", "有线水表"},
    {9, ELECTRICITY, "wired electricity meter", "有线电表"},
    {10, WATER, "LXS cold water meter", "lxs冷水水表"},
    {11, ELECTRICITY, "4G time-of-use electricity meter", "4g尖峰平谷电表"},
    {12, WATER, "LXS UDP cold water meter", "lxsudp冷水水表"},
    {13, ELECTRICITY, "industrial computer electricity meter", "工控机电表"},
    {14, WATER, "industrial computer cold water meter", "工控机冷水水表"},
    {15, ELECTRICITY, "4G time-of-use electricity meter (new)", "4g尖峰平谷电表(新)"},
    {16, ELECTRICITY, "type 3 concentrator electricity meter", "3型集中器电表"},
    {17, WATER, "type 3 concentrator water meter", "3型集中器水表"},
    {18, ELECTRICITY, "type 2 concentrator electricity meter", "2型集中器电表"},
    {19, WATER, "type 2 concentrator water meter, RS-485", "2型集中器485水表"},
    {20, WATER, "type 2 concentrator water meter, M-Bus", "2型集中器mbus水表"},
    {21, ELECTRICITY, "non-transparent concentrator electricity meter", "非透传集中器电表"},
    {22, WATER, "non-transparent concentrator water meter, RS-485", "非透传集中器485水表"},
    {23, WATER, "non-transparent concentrator water meter, M-Bus", "非透传集中器mbus水表"},
    {24, WATER, "4G water meter", "4g水表"},
    {26, ELECTRICITY, "concentrator electricity meter (weekly)", "集中器电表（周）"},
    {27, WATER, "concentrator water meter, RS-485 (weekly)", "集中器485水表（周）"},
    {28, WATER, "concentrator water meter, M-Bus (weekly)", "集中器mbus水表（周）"},
    {30, ELECTRICITY, "4G electricity meter with local charging control", "4g本地费控电表"},
    {31, WATER, "NB-IoT terminal water meter", "NB终端水表"},
    {32, WATER, NULL, NULL},
    {35, WATER, NULL, NULL},
    {36, WATER, NULL, NULL},
    {37, WATER, NULL, NULL},
    {38, WATER, NULL, NULL},
    {39, WATER, NULL, NULL},
    {40, WATER, NULL, NULL},
    {41, WATER, NULL, NULL},
    {42, ELECTRICITY, NULL, NULL},
    {43, ELECTRICITY, NULL, NULL},
    {44, WATER, NULL, NULL},
    {45, WATER, NULL, NULL},
    {46, ELECTRICITY, NULL, NULL},
    {47, WATER, NULL, NULL},
    {48, ELECTRICITY, NULL, NULL},
    {49, WATER, NULL, NULL},
};

const imr_endpoint *imr_endpoint_named(const char *name) {
  for (const imr_endpoint *endpoint = imr_endpoints; endpoint->name != NULL; endpoint++)
    if (strcmp(endpoint->name, name) == 0) return endpoint;
  return NULL;
}

const imr_meter_type *imr_meter_type_of(int64_t number) {
  for (size_t i = 0; i < COUNT(meter_types); i++)
    if (meter_types[i].number == number) return &meter_types[i];
  return NULL;
}
